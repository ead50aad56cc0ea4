"""Right implementations in other forms, none of which may be accused."""

from benchmarks.power.forms import formulas, rounding, summation
from benchmarks.power.forms.registry import FORMS, Form

__all__ = ["FORMS", "Form", "formulas", "rounding", "summation"]
