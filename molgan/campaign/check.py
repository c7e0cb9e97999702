"""Try the parts of a campaign without running it: which molecules its filters keep, how it scores, what it costs."""

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from molgan.base.errors import InputError
from molgan.base.progress import Progress, Silent
from molgan.base.run_files import RunFiles
from molgan.base.secret_key import read_key
from molgan.campaign.advice import advise
from molgan.campaign.cost import Cost, measure
from molgan.campaign.pipeline import PIPELINES
from molgan.campaign.refuse_misuse import refuse_misuse
from molgan.campaign.run_folder.lock import check_writable
from molgan.campaign.stages.optimize_stage import read_start
from molgan.campaign.stages.reinforce_stage import encode_replay_start, read_replay_start
from molgan.campaign.stages.translate_stage import read_two_sets
from molgan.chem.given_molecules import read_given
from molgan.chem.molecule import Molecule, parse, parse_all
from molgan.chem.reading import read_smiles
from molgan.chem.shipped_sets import load_reference
from molgan.chem.stereoisomers import enumerate_stereoisomers
from molgan.config import CampaignConfig, Training, TrainingConfig, TranslationConfig
from molgan.filters.funnel import Funnel
from molgan.filters.funnel_result import StageCount
from molgan.filters.registry import find_filter
from molgan.filters.stages.novelty import open_secret_lists
from molgan.scoring.objective import Objective
from molgan.scoring.registry import get_scorer

if TYPE_CHECKING:
    import pandas

_REFERENCE = "moses_reference_1000"
_OTHER_REFERENCE = "approved_drugs"  # where the former is the training data, as in a miniature: no filter of novelty
_ROWS_TRIED = 1000
_TRIED = 1000  # reference molecules
_FEW = 16  # reference molecules to try where a scorer or filter takes seconds for each, as docking does


@dataclass(frozen=True)
class Findings:
    """What `check_campaign` found.

    `reference`: the shipped set of molecules that the parts were tried on. `components`: the names of the objective's
    components. `passing`: the filters' counts for the reference molecules.
    `known`: a table of the user's lead, actives and start molecules, one row each: `role`, `smiles`, the objective's
    columns, and the `stage` and `reason` of a rejection, empty where every filter keeps the molecule. `costs`: one for
    each stage. `advice`: one line for each setting that would run but cannot give a good result."""

    reference: str
    components: list[str]
    passing: list[StageCount]
    known: "pandas.DataFrame"
    costs: list[Cost]
    advice: list[str]


def check_inputs(config: CampaignConfig | Training, progress: Progress | None = None) -> None:
    """Look at what a job reads and where it writes, without running any of it. Raises ConfigError, InputError or
    RunError for training data without a molecule, molecules that cannot be used, a folder or storage that cannot be
    written or reached."""
    _check_data(config)
    if isinstance(config, TranslationConfig):
        read_two_sets(config.data)
    if config.storage is None:
        check_writable(config.folder)
    else:
        RunFiles(config.storage).has("config.yaml")
    if isinstance(config, TrainingConfig) and config.private is not None:
        _check_budget(config)
    if isinstance(config, CampaignConfig):
        open_secret_lists(Funnel(config.filters).filters)
        _read_known(config, progress or Silent())


def _check_data(config: CampaignConfig | Training) -> None:
    """The whole file is not read: a training counts what it cannot use."""
    data, reason = config.data, "no molecule"
    for record in islice(read_smiles(data.train, column=data.column), _ROWS_TRIED):
        molecule = parse(record.smiles)
        if molecule.valid:
            return
        reason = f"line {record.line}: {molecule.reason}"
    raise InputError(f"data.train: {data.train}: none of its first {_ROWS_TRIED:,} rows is a molecule ({reason})")


def _check_budget(config: TrainingConfig) -> None:
    """Raises ConfigError where private training lacks its key, or cannot keep to its budget."""
    from molgan.training.private.private_training import plan_pretraining

    assert config.private is not None and config.pretrain is not None
    read_key()
    rows = sum(1 for _ in read_smiles(config.data.train, column=config.data.column))
    plan_pretraining(config.private, config.pretrain, rows)


def check_campaign(config: CampaignConfig, progress: Progress | None = None) -> Findings:
    """Try the parts of a campaign. Raises ConfigError, InputError or WeightsError for what would stop it later."""
    progress = progress or Silent()
    refuse_misuse(config)
    known = _read_known(config, progress)
    _check_actives(config)
    _check_replay(config, progress)
    name = _OTHER_REFERENCE if config.data.train.name == f"{_REFERENCE}.csv.gz" else _REFERENCE
    reference = parse_all(record.smiles for record in load_reference(name)[:_TRIED])
    slow = [get_scorer(part.scorer, **part.parameters).waits for part in config.objective.components]
    slow += [find_filter(stage.filter).costly for stage in config.filters.stages]
    if any(slow):
        reference = reference[:_FEW]
    filters, skipped = config.drop_critic()
    for name in skipped:
        progress.message(f"filter {name!r} is skipped: only a run has a critic that tells how real a molecule is")
    objective, funnel = Objective(config.objective), Funnel(filters)
    # Who looks for the component to blame sees all values.
    whole = Objective(config.objective.model_copy(update={"cheap_first": False}))
    if not config.misuse:
        progress.message("the filter 'misuse' is off (misuse: false)")
    progress.message("reading the reference sets")
    judged = _judge_known(known, whole, funnel)
    funnel(reference[:1], table=objective(reference[:1]).to_frame())
    progress.message("timing the parts on this machine")
    pace = measure(config, reference, objective, funnel)
    if config.stereo is not None:  # as in a run, where no stereo is left open
        reference = [next(enumerate_stereoisomers(molecule, most=1), molecule) for molecule in reference]
    table = whole(reference)
    passing = funnel(reference, table=table.to_frame()).counts
    components = [component.name for component in config.objective.components]
    stages = [stage for stage in PIPELINES[CampaignConfig] if stage.is_part_of(dict(config))]
    costs = [cost for stage in stages if (cost := stage.cost(config, pace)) is not None]
    return Findings(name, components, passing, judged, costs, advise(config, objective, table, passing, funnel))


def _read_known(config: CampaignConfig, progress: Progress) -> list[tuple[str, Molecule]]:
    """The user's molecules with their roles; a message reports each fault of an active, which only this check reads.
    Raises InputError for start molecules that cannot be used."""
    read = parse if config.standardize is None else config.standardize.standardise
    start = [
        *(read_start(config) if config.optimize is not None else []),
        *(read_replay_start(config) if config.reinforce is not None else []),
    ]
    lead = [config.data.lead] if config.data.lead is not None else []
    actives = read_given(config.data.actives, read) if config.data.actives else []
    for row in actives:
        if row.fault is not None:
            progress.message(f"data.actives: {row.place}: {row.fault}{'; skipped' if not row.molecule.valid else ''}")
    return [
        *(("lead", read(smiles)) for smiles in lead),
        *(("active", row.molecule) for row in actives if row.molecule.valid),
        *(("start", molecule) for molecule in parse_all(start)),
    ]


def _check_actives(config: CampaignConfig) -> None:
    """Raises InputError where transfer learning has too few molecules that the generator can write, ConfigError where
    it is private and cannot keep to its budget."""
    if config.optimize is None or config.optimize.transfer is None:
        return
    from molgan.models.loading import load_start
    from molgan.models.motif.forbid_stereo import forbid_stereo
    from molgan.models.protocols import MotifTreeGenerator
    from molgan.training.domains.domain_molecules import read_domain

    kind: Any = MotifTreeGenerator
    generator = load_start(config.generator, kind)
    generator = generator if config.optimize.stereo else forbid_stereo(generator)
    domain = read_domain(generator, read_start(config))
    if config.optimize.transfer.private is not None:
        from molgan.training.private.private_transfer import plan_transfer

        read_key()
        plan_transfer(config.optimize.transfer, len(domain.molecules))


def _check_replay(config: CampaignConfig, progress: Progress) -> None:
    """A message for each molecule of `reinforce.replay_start` that the generator cannot draw."""
    if config.reinforce is None or not config.reinforce.replay_start:
        return
    from molgan.models.loading import load_start
    from molgan.models.protocols import MotifTreeGenerator

    kind: Any = MotifTreeGenerator
    encode_replay_start(config, load_start(config.generator, kind), progress.message)


def _judge_known(known: list[tuple[str, Molecule]], objective: Objective, funnel: Funnel) -> "pandas.DataFrame":
    molecules = [molecule for _, molecule in known]
    table = objective(molecules).to_frame()
    rejected = {rejection.index: rejection for rejection in funnel(molecules, table=table).rejected}
    rejections = [rejected.get(i) for i in range(len(molecules))]
    table.insert(0, "role", [role for role, _ in known])
    table["stage"] = [rejection.stage if rejection else "" for rejection in rejections]
    table["reason"] = [rejection.reason if rejection else "" for rejection in rejections]
    return table
