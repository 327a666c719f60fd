"""Backup of one instance into one file, its check, and the way back.

A file is a tar archive: the database, the kept recordings, with a passphrase also the keys, and at
its end a manifest with a SHA-256 of each. Nothing in it is readable by others; secrets of the
vendors stay sealed in it as they are in the database.
"""
