"""Files of molecules of any length: scored, standardised, filtered, and the library as a table."""
