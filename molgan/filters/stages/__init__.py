"""The filters. Lists and the documentation have them in the order of the modules here and of the classes in each."""

# ruff: noqa: I001 - the order is that of lists
from molgan.filters.stages import structure as structure
from molgan.filters.stages import open_stereo as open_stereo
from molgan.filters.stages import novelty as novelty
from molgan.filters.stages import rings as rings
from molgan.filters.stages import plausibility_filter as plausibility_filter
from molgan.filters.stages import misuse_filter as misuse_filter
from molgan.filters.stages import synthesis_filters as synthesis_filters
from molgan.filters.stages import rules as rules
from molgan.filters.stages import alert_filters as alert_filters
from molgan.filters.stages import catalog_filters as catalog_filters
from molgan.filters.stages import substructure_filters as substructure_filters
from molgan.filters.stages import score_filters as score_filters
from molgan.filters.stages import diversity as diversity
