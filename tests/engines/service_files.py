"""botocore's descriptions of the services, read once a process and not once a client.

Every session reads megabytes of JSON and searches 400 folders: most of the time of a test that makes a client.
The files do not change while tests run, and the clients of one session share what was read as a matter of course.
"""

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader


def read_once() -> None:
    """Let all sessions of this process share what one of them has read."""
    read, listed = JSONFileLoader.load_file, Loader.list_available_services

    @cache
    def file(path: str) -> Any:
        return read(JSONFileLoader(), path)

    @cache
    def services(paths: tuple[str, ...], type_name: str) -> list[str]:
        return listed(Loader(list(paths), include_default_search_paths=False), type_name)

    def load_file(_loader: JSONFileLoader, file_path: str) -> Any:
        return file(file_path)

    def list_available_services(loader: Loader, type_name: str) -> list[str]:
        return services(tuple(loader.search_paths), type_name)

    JSONFileLoader.load_file = load_file  # type: ignore[assignment]
    Loader.list_available_services = list_available_services  # type: ignore[assignment]
