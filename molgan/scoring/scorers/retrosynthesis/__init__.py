"""Routes from building blocks to molecules: settings, worker processes, routes on disk and the scorers. Needs the extra
`synthesis`."""
