"""Recognises chemical-warfare agents, their precursors and explosives, so that they are not handed out."""
