"""Parts that exist only here, so that the configuration is tested without the real ones."""

from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from tocsin.config.load import load_text
from tocsin.config.units import Duration
from tocsin.ops.errors import ConfigError


class Robust(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    alpha: Annotated[float, Meta(gt=0, lt=1, description="Weight.")] = 0.05
    warmup: Annotated[int, Meta(ge=2, description="Points.")] = 30


class Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    path: Annotated[str, Meta(min_length=1)]
    follow: bool = False
    poll: Duration = Duration.of("1s")


class Webhook(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str
    secret: Annotated[str, Meta(extra_json_schema={"secret": True})] = ""
    headers: dict[str, str] = {}


class Csv(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    time: str = "time"
    columns: tuple[str, ...] = ()


PARTS = {
    "detectors": {"robust": Robust, "sprt": Nothing},
    "sources": {"file": File, "stdin": Nothing},
    "formats": {"csv": Csv, "json": Nothing},
    "sinks": {"stdout": Nothing, "webhook": Webhook},
}


class Parts:
    def names(self, group):
        return sorted(PARTS[group])

    def parameters(self, group, name):
        return PARTS[group][name]


@pytest.fixture
def parts():
    return Parts()


@pytest.fixture
def loaded(parts):
    """Text to Config."""

    def load(text, environ=None):
        content = text if isinstance(text, bytes) else text.encode()
        return load_text(content, "c.yaml", parts, {"HOME": "/home/me", **(environ or {})})

    return load


@pytest.fixture
def problems(loaded):
    """Text to the lines of its complaint."""

    def complain(text, environ=None):
        with pytest.raises(ConfigError) as raised:
            loaded(text, environ)
        return str(raised.value).splitlines()

    return complain
