"""`/auth/v1`: GoTrue's contract for people with a password. SQL decides, this signs and words the answers."""
