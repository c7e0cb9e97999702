"""Known molecules: reference sets, the equality of molecules, and nearest neighbours."""
