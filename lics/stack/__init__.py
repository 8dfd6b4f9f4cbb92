"""The development stack: everything `make up` starts, kept in one directory (`.lics/`)."""
