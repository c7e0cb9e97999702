"""Ray: the only place that imports it. Importing these modules does not."""
