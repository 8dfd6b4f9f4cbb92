"""Names that generated scripts import."""
