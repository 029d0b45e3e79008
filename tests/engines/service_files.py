"""botocore's descriptions of the services, read and resolved once a process and not once a client.

Every session reads megabytes of JSON and searches 400 folders, and every client works out anew what the descriptions
mean: most of the time of a test that makes a client. The files do not change while tests run, and the clients of one
session share what was read as a matter of course. Who asks is spelled out anew as well, twice for every single call.
"""

from collections import defaultdict
from functools import cache
from inspect import CO_VARKEYWORDS
from types import FunctionType
from typing import Any

from botocore import hooks, httpsession, regions
from botocore.client import ClientCreator
from botocore.endpoint_provider import EndpointProvider
from botocore.hooks import EventAliaser, NodeList
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.useragent import UserAgentComponent
from botocore.utils import EVENT_ALIASES


def pytest_configure() -> None:
    """As a plugin, for the tests of a project that has no such thing itself: ``-p tests.engines.service_files``."""
    read_once()


def read_once() -> None:
    """Let all sessions of this process share what one of them has read."""
    loaders: Any = Loader
    found: defaultdict[tuple[type[Loader], tuple[str, ...]], dict[Any, Any]] = defaultdict(dict)
    # What a loader found it keeps in this dictionary, and begins with an empty one.
    loaders._cache = property(lambda loader: found[type(loader), tuple(loader.search_paths)], lambda *_: None)
    UserAgentComponent.to_string = cache(UserAgentComponent.to_string)  # type: ignore[method-assign]
    # Each client makes a context of TLS, a third of a millisecond, for connections that no test opens.
    httpsession.create_urllib3_context = cache(httpsession.create_urllib3_context)
    _resolve_once()
    _ask_once()
    _copy_fast()


def _ask_once() -> None:
    """Read off a handler's own code what botocore works out from its signature, hundreds of times a session."""
    asked = hooks.accepts_kwargs

    def accepts_kwargs(handler: Any) -> Any:
        function = getattr(handler, "__func__", handler)
        if isinstance(function, FunctionType):
            return function.__code__.co_flags & CO_VARKEYWORDS
        return asked(handler)

    hooks.accepts_kwargs = accepts_kwargs  # type: ignore[assignment]


def _copy_fast() -> None:
    """Copy the handlers of a session for each of its clients without asking of every part of them what it is."""
    events: Any = hooks
    trie = events._PrefixTrie

    def copied(node: dict[str, Any]) -> dict[str, Any]:
        children = {name: copied(child) for name, child in node["children"].items()}
        values = node["values"] and NodeList(*map(list, node["values"]))
        return {**node, "children": children, "values": values}

    def copy(self: Any) -> Any:
        made = trie()
        made._root = copied(self._root)
        return made

    trie.__copy__ = copy


def _resolve_once() -> None:
    creator: Any = ClientCreator
    aliaser: Any = EventAliaser
    endpoints: Any = regions
    resolved, begin = creator._load_service_model, aliaser.__init__
    models: dict[tuple[str, str | None], ServiceModel] = {}
    names: dict[str, str] = {}
    providers: dict[int, tuple[EndpointProvider, Any]] = {}

    def service_model(self: Any, service_name: str, api_version: str | None = None) -> ServiceModel:
        if (service_name, api_version) not in models:
            models[service_name, api_version] = resolved(self, service_name, api_version)
        return models[service_name, api_version]

    def provider(ruleset_data: Any, **others: Any) -> EndpointProvider:
        # The rules are kept with what came of them, so that nothing else can get their address.
        if id(ruleset_data) not in providers:
            providers[id(ruleset_data)] = EndpointProvider(ruleset_data=ruleset_data, **others), ruleset_data
        return providers[id(ruleset_data)][0]

    def begun(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        begin(self, event_emitter, event_aliases)
        if self._event_aliases == EVENT_ALIASES:  # those of a client are a copy
            self._alias_name_cache = names

    creator._load_service_model = service_model
    aliaser.__init__ = begun
    endpoints.EndpointProvider = provider
