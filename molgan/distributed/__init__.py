"""Everything that uses Ray. Ray itself is imported only when it is used."""
