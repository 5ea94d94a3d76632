"""Use cases."""
from dataclasses import dataclass
@dataclass
class Viewer: ...
