"""The folder of a run: its lock, the records of its stages, its status and its copy on storage."""
