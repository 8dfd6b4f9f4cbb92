"""Extensions of PsychoPy for generated scripts."""
