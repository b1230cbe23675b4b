"""A recipe: everything that decides a training run, strictly validated, read from TOML."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping
from importlib import resources
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from digit_ocr.errors import RecipeInvalid

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]


WITHOUT_EFFECT: Mapping[str, tuple[str, ...]] = {
    "digit": (),
    "number": (
        "data.repeat",
        "optimizer.label_smoothing",
        "augment.rotation_degrees",
        "augment.elastic_pixels",
    ),
    "page": ("data.repeat", "optimizer.label_smoothing", "augment"),
}
"""Keys, or whole sections, that a kind of model does not learn by."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Model(_Section):
    """Which network, and the keyword arguments of its constructor."""

    architecture: str
    options: dict[str, Any] = {}


class Data(_Section):
    """How much is held back, and how many composed pictures join the data.

    `validation` pictures are held back from training, stratified, drawn with `split_seed`, so that
    runs of different seeds are judged on the same pictures. `composed` pictures are made from the
    training part alone, `composed_validation` from the validation part.
    """

    validation: Annotated[int, Field(ge=1)] = 5000
    split_seed: int = 0
    composed: Annotated[int, Field(ge=0)] = 0
    composed_validation: Annotated[int, Field(ge=0)] = 0
    repeat: Annotated[int, Field(ge=1)] = 1
    """How often the pictures of the data set itself are seen in an epoch."""


class Optimizer(_Section):
    """The optimiser and its schedule over the whole run."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.0
    momentum: Fraction = 0.9
    batch_size: Annotated[int, Field(ge=1)] = 64
    schedule: Literal["constant", "one_cycle", "cosine"] = "constant"
    warmup_fraction: Fraction = 0.1
    label_smoothing: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    ema_decay: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    gradient_clip: NotNegative = 0.0
    keep: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the weights that `init` started from in those that are kept."""


class Augment(_Section):
    """What is done to every training picture, anew each time; 0 leaves a thing out."""

    rotation_degrees: NotNegative = 0.0
    shear_degrees: NotNegative = 0.0
    scale: Fraction = 0.0
    """Sizes vary by this fraction up and down, height and width apart."""
    shift_pixels: NotNegative = 0.0
    elastic_pixels: NotNegative = 0.0
    """Standard deviation of a smooth random displacement (Simard et al. 2003)."""
    stroke_width: Fraction = 0.0
    """Share of pictures whose strokes are made thicker or thinner."""
    blur: Fraction = 0.0
    noise: NotNegative = 0.0
    """Largest standard deviation of added noise."""
    contrast: Fraction = 0.0
    erase: Fraction = 0.0
    """Share of pictures from which a small patch is erased."""


class Recipe(_Section):
    """A complete training run."""

    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
    """Also that of the run's folder."""
    kind: Literal["digit", "number", "page"] = "digit"
    epochs: Annotated[int, Field(ge=1)] = 3
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    precision: Literal["auto", "32-true", "bf16-mixed"] = "32-true"
    """`auto` is bf16 where the device computes in it, and 32 bits elsewhere."""
    checkpoint: Literal["best", "last"] = "best"
    """Which epoch's weights are kept: those that are best on validation, or the last ones, where
    the schedule ends at a low rate and validation can't tell one late epoch from another."""
    model: Model
    data: Data = Data()
    optimizer: Optimizer = Optimizer()
    augment: Augment = Augment()

    def override(self, **changes: Any) -> Recipe:
        """Return the recipe with top-level or optimiser values replaced; None changes nothing.

        Raises: RecipeInvalid: an unknown name or an impossible value.
        """
        values = self.model_dump()
        for key, value in changes.items():
            if value is None:
                continue
            target = values["optimizer"] if key in Optimizer.model_fields else values
            target[key] = value
        return parse_recipe(values, "command line")

    def to_toml(self) -> str:
        """Return the recipe, resolved, as TOML that `load_recipe` takes."""
        return "\n".join(_toml_lines(self.model_dump())) + "\n"


def shipped_recipes() -> dict[str, Path]:
    """Return the recipes that the package ships, by name."""
    folder = Path(str(resources.files("digit_ocr"))) / "recipes"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load_recipe(name_or_file: str) -> Recipe:
    """Return a shipped recipe by its name, or one from a TOML file.

    Raises: RecipeInvalid: no such recipe, no TOML, an unknown key or an impossible value.
    """
    shipped = shipped_recipes()
    path = shipped.get(name_or_file) or Path(name_or_file)
    if not path.is_file():
        raise RecipeInvalid(
            f"no recipe {name_or_file!r}: give a TOML file or one of {', '.join(shipped)}"
        )
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise RecipeInvalid(f"{path} is no TOML: {error}") from error
    return parse_recipe(values, str(path))


def parse_recipe(values: Mapping[str, Any], source: str) -> Recipe:
    """Return the validated recipe; `source` names where the values came from in errors.

    Raises: RecipeInvalid: with every problem in one line.
    """
    try:
        recipe = Recipe.model_validate(dict(values))
    except ValidationError as error:
        problems = "; ".join(_explain(problem) for problem in error.errors())
        raise RecipeInvalid(f"{source}: {problems}") from error
    plain = Recipe(name="plain", model=recipe.model)
    for key in WITHOUT_EFFECT[recipe.kind]:
        if attrgetter(key)(recipe) != attrgetter(key)(plain):
            raise RecipeInvalid(f"{source}: {key} has no effect on a {recipe.kind}: leave it out")
    return recipe


def _explain(problem: Any) -> str:
    *section, key = (str(part) for part in problem["loc"])
    where = ".".join([*section, key])
    if problem["type"] != "extra_forbidden":
        return f"{where}: {problem['msg']}"
    fields = _fields_of(section)
    near = difflib.get_close_matches(key, fields, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(fields))}"
    return f"unknown key {where!r}; {hint}"


def _fields_of(section: list[str]) -> list[str]:
    model: Any = Recipe
    for part in section:
        model = model.model_fields[part].annotation
    return list(model.model_fields)


def _toml_lines(values: Mapping[str, Any], prefix: str = "") -> list[str]:
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = [f"{key} = {_toml_value(value)}" for key, value in plain.items()]
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            lines += ["", f"[{prefix}{key}]", *_toml_lines(value, f"{prefix}{key}.")]
    return lines


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_toml_value(item) for item in value)}]"
    return repr(value)
