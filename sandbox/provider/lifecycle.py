"""Create, read, update and delete of one resource: everything around the calls that its adapter makes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sandbox.provider.adapter import Adapter, Aws, Values
from sandbox.provider.compare import DEFAULTED, default_of, differences, inputs_of, is_empty, is_regional, same
from sandbox.provider.difference import UNFINISHED
from sandbox.provider.errors import ContractError, PartialFailureError, ProviderError, aws_error_code, describe
from sandbox.provider.registry import file_of
from sandbox.provider.tags import IgnoredTags, Tags, retagging, sort_out
from sandbox.provider.values import UNKNOWN

_HANDLED_BY_THE_PLUGIN = frozenset({"tags", "tagsAll", "region"})


@dataclass(frozen=True, kw_only=True)
class Found:
    """A live resource: its properties for the stack's state, and the inputs that would make it so."""

    id: str
    properties: Values
    inputs: Values


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """One resource type, in one region, under one provider's default tags."""

    adapter: Adapter
    aws: Aws
    default_tags: Tags
    ignored_tags: IgnoredTags

    def plan_create(self, inputs: Values) -> Values:
        """The properties that ``create`` would answer, unknown where AWS decides."""
        planned: Values = dict.fromkeys(self.adapter.outputs, UNKNOWN)
        planned |= {name: UNKNOWN for name, declared in self.adapter.properties.items() if declared.computed}
        return planned | _visible(inputs)

    def create(self, inputs: Values) -> tuple[str, Values]:
        """Its id and properties. Raises ``PartialFailureError`` for anything that fails after it exists."""
        id = self.adapter.create(self.aws, self._for_adapter(inputs))
        return id, self._configured(id, inputs)

    def resume(self, inputs: Values) -> tuple[str, Values] | None:
        """As ``create``, for what an earlier creation made whose answers are repeated. ``None`` if nothing of it is
        left: it is gone, or it was made of other inputs and is now deleted."""
        id = self.adapter.create(self.aws, self._for_adapter(inputs))
        if self._read(id, {}, inputs) is None:
            return None
        properties = self._configured(id, inputs)
        declared = inputs_of(self.adapter)
        if all(same(declared[name], value, properties[name]) for name, value in _visible(inputs).items()):
            return id, properties
        self.delete(id, properties)
        return None

    def _configured(self, id: str, inputs: Values) -> Values:
        """The properties of a resource that was just made. Raises ``PartialFailureError``."""
        properties = _visible(inputs)
        try:
            self.adapter.configure(self.aws, id, self._for_adapter(inputs))
            return properties | self._live(id, inputs, properties)
        except Exception as error:
            raise PartialFailureError(id, properties | {UNFINISHED: True}, describe(error)) from error

    def read(self, id: str, state: Values, inputs: Values) -> Found | None:
        """The resource as it is now, or ``None`` when it is gone. With nothing known of it, it is an import:
        everything that is set other than by default becomes an input."""
        live = self._read(id, state, inputs)
        if live is None:
            return None
        if not inputs and not state:
            return Found(id=id, properties=live, inputs=self._importable(live))
        declared = inputs_of(self.adapter)
        managed: Values = {}
        for name, value in inputs.items():
            rule = declared.get(name)
            if rule is None or rule.write_only or rule.kept or (name not in live and is_empty(value)):
                managed[name] = value
            elif name in live:
                managed[name] = value if same(rule, value, live[name]) else live[name]
        held = {name: value for name, value in managed.items() if name not in live and name != DEFAULTED}
        marker = {UNFINISHED: True} if state.get(UNFINISHED) else {}
        return Found(id=id, properties=self._spelled(live, inputs) | held | marker, inputs=managed)

    def plan_update(self, state: Values, old_inputs: Values, news: Values) -> Values:
        """The properties that ``update`` would answer, unknown where it may change what AWS decides."""
        never_read = self.plan_create(news) if state.get(UNFINISHED) else {}
        known = self._carried_over(state, old_inputs, news)
        return never_read | known | dict.fromkeys(self.adapter.volatile_outputs, UNKNOWN)

    def update(self, id: str, state: Values, old_inputs: Values, news: Values, ignored: Collection[str] = ()) -> Values:
        """Its properties afterwards. An error leaves the stack's state as it was, so that the next run tries all
        again."""
        declared = self.adapter.properties
        changed = frozenset(
            name
            for name in differences(self.adapter, old_inputs, state, news, ignored)
            if name not in _HANDLED_BY_THE_PLUGIN and not declared[name].kept
        )
        known = _visible(state) | self._for_adapter(old_inputs)
        if changed:
            self.adapter.update(self.aws, id, known, self._for_adapter(news), changed)
        if "tags" in declared:
            add, remove = retagging(_tags(state, old_inputs), news.get("tagsAll") or {})
            if add or remove:
                self.adapter.retag(self.aws, id, known, add, remove)
        if state.get(UNFINISHED):
            self.adapter.configure(self.aws, id, self._for_adapter(news))
        properties = self._carried_over(state, old_inputs, news)
        return properties | self._live(id, news, properties)

    def delete(self, id: str, state: Values) -> None:
        """Deletes it; that it was gone already is as good."""
        try:
            self.adapter.delete(self.aws, id, _visible(state))
        except Exception as error:
            if aws_error_code(error) not in self.adapter.not_found:
                raise

    def _live(self, id: str, inputs: Values, state: Values) -> Values:
        live = self._read(id, state, inputs)
        if live is None:
            raise ProviderError(f"{self.adapter.token} {id} cannot be found although it was just made or updated")
        return self._spelled(live, inputs)

    def _read(self, id: str, state: Values, inputs: Values) -> Values | None:
        try:
            answer = self.adapter.read(self.aws, id, _visible(state))
        except Exception as error:
            if aws_error_code(error) in self.adapter.not_found:
                return None
            raise
        if answer is None:
            return None
        live = {name: value for name, value in answer.items() if value is not None}
        undeclared = live.keys() - inputs_of(self.adapter).keys() - set(self.adapter.outputs) - {"id"}
        if undeclared:
            raise ContractError(
                f"the adapter for {self.adapter.token} reads '{min(undeclared)}', which it does not declare: "
                f"add it to its outputs or properties in {file_of(self.adapter)}"
            )
        if is_regional(self.adapter):
            live["region"] = self.aws.region
        if "tags" in self.adapter.properties:
            live = sort_out(live, self.default_tags, inputs.get("tags") or {}, self.ignored_tags)
        return live

    def _spelled(self, live: Values, inputs: Values) -> Values:
        """Live values, in the program's own spelling where that means the same."""
        declared = inputs_of(self.adapter)
        return {
            name: inputs[name]
            if name in inputs and name in declared and same(declared[name], inputs[name], value)
            else value
            for name, value in live.items()
        }

    def _importable(self, live: Values) -> Values:
        return {
            name: live[name]
            for name, declared in inputs_of(self.adapter).items()
            if name in live and _is_chosen(live[name], default_of(declared))
        }

    def _carried_over(self, state: Values, old_inputs: Values, news: Values) -> Values:
        """Old properties beneath new inputs, without the inputs that the program no longer gives."""
        declared = self.adapter.properties
        dropped = {
            name for name in old_inputs if name not in news and not (name in declared and declared[name].computed)
        }
        return {name: value for name, value in _visible(state).items() if name not in dropped} | _visible(news)

    def _for_adapter(self, inputs: Values) -> Values:
        return {name: value for name, value in _visible(inputs).items() if name != "region"}


def _visible(values: Values) -> Values:
    """Without the plugin's own notes, such as ``__defaults``."""
    return {name: value for name, value in values.items() if not name.startswith("__")}


def _tags(state: Values, old_inputs: Values) -> Tags:
    tags: Tags = state.get("tagsAll") or old_inputs.get("tagsAll") or {}
    return tags


def _is_chosen(value: Any, default: Any) -> bool:
    return not is_empty(value) if default is None else bool(value != default)
