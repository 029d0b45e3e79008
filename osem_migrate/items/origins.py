"""Origins: what is known of the names of libraries that give something else another time, or on another machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Origin(StrEnum):
    """Where something comes from that is not in the item, in words."""

    TIME = "the time"
    ZONE = "the time zone of the machine"
    CHANCE = "a random value"
    MACHINE = "what the machine or its environment has"
    FILE = "what is in a file"
    NETWORK = "what the network answers"
    ORDER = "the next value of what all items share"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a name.

    Attributes:
        origin: where what it gives comes from; None where its arguments say all.
        arguments: how many of them are enough to say all; None where no number is.
    """

    origin: Origin | None
    arguments: int | None = None


# Names with dots, as they are imported; ``/1`` says that one argument is enough, and ``.*`` stands for all in it of
# which no longer name says anything.
_NAMES: Mapping[Origin | None, str] = {
    Origin.TIME: """
        arrow.now arrow.utcnow
        datetime.date.today datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow
        django.utils.timezone.now
        pendulum.now pendulum.today pendulum.tomorrow pendulum.yesterday
        time.* time.asctime/1 time.gmtime/1 time.strftime/2
    """,
    Origin.ZONE: """
        datetime.date.fromtimestamp datetime.datetime.fromtimestamp/2
        time.altzone time.ctime time.daylight time.localtime time.mktime time.timezone time.tzname
    """,
    Origin.CHANCE: """
        builtins.hash
        cuid.* faker.* ksuid.* nanoid.* shortuuid.random shortuuid.uuid/1
        numpy.random.* numpy.random.RandomState/1 numpy.random.default_rng/1
        os.getrandom os.urandom random.* random.Random/1 secrets.*
        ulid.ULID/1 ulid.ULID.from_datetime ulid.ULID.from_timestamp ulid.from_timestamp ulid.new
        uuid.uuid1 uuid.uuid4 uuid.uuid6 uuid.uuid7 uuid.uuid8/3
    """,
    Origin.MACHINE: """
        builtins.id builtins.input
        getpass.* multiprocessing.* os.* platform.* subprocess.* sys.argv sys.stdin sys.stdin.*
        threading.get_ident threading.get_native_id uuid.getnode
    """,
    Origin.FILE: """
        builtins.open fileinput.* glob.* importlib.resources.* io.open linecache.*
        os.listdir os.open os.path.* os.scandir os.stat os.walk
        pathlib.Path.cwd pathlib.Path.home shutil.* tempfile.*
    """,
    Origin.NETWORK: """
        aiohttp.* boto3.* botocore.* ftplib.* http.client.* httpx.* requests.* smtplib.* socket.* ssl.*
        urllib.request.* urllib3.*
    """,
    None: """
        boto3.dynamodb.* botocore.exceptions.* httpx.URL requests.exceptions.* requests.utils.*
        os.fsdecode os.fsencode os.fspath os.linesep os.sep
        os.path.basename os.path.commonpath os.path.commonprefix os.path.dirname os.path.isabs os.path.join
        os.path.normcase os.path.normpath os.path.sep os.path.split os.path.splitdrive os.path.splitext
        secrets.compare_digest time.sleep time.strptime time.struct_time
        urllib.request.pathname2url urllib.request.url2pathname
    """,
}

_KNOWN: Mapping[str, Known] = {
    name: Known(origin, int(arguments) if arguments else None)
    for origin, names in _NAMES.items()
    for name, _, arguments in (one.partition("/") for one in names.split())
}

ADVANCING = frozenset(
    {"itertools.count", "itertools.cycle", "numpy.random.RandomState", "numpy.random.default_rng", "random.Random"}
)
"""What gives its next value each time, so that it makes a difference to share one between items."""

VALUES = frozenset(
    {"os.environ", "os.environb", "sys.argv", "time.altzone", "time.daylight", "time.timezone", "time.tzname"}
)
"""Names of values; the others are functions, of which to name one is not to call it."""

READING = frozenset({"read_bytes", "read_text"})
"""Methods that read a file, whatever they are called on."""


def known(name: str) -> Known | None:
    """What is known of a name with dots; None where nothing is, and it is taken for harmless."""
    if name in _KNOWN:
        return _KNOWN[name]
    while "." in name:
        name = name.rpartition(".")[0]
        if (found := _KNOWN.get(f"{name}.*")) is not None:
            return found
    return None
