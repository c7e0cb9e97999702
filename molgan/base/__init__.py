"""What all rooms share: errors, settings, progress, parallel work, files written whole, YAML."""
