"""What `docker/` promises: services, networks, volumes, logs, secrets, CUDA 12, no root.

Reads the files; starts nothing. The one test that needs Docker's Compose skips without it.
"""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2.sandbox import ImmutableSandboxedEnvironment

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
DOCKER = ROOT / "docker"
SERVICES = ("api", "vllm", "qdrant", "postgres", "redis")
GPU_SERVICES = ("api", "vllm")
DOCKERFILES = ("Dockerfile", "Dockerfile.gpu")
SECRETS = ("beseda_api_keys", "postgres_password")


class ComposeLoader(yaml.SafeLoader):
    """YAML with Compose's merge tags, which PyYAML does not know; their values are kept."""


def _tagged(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    return None


ComposeLoader.add_multi_constructor("!", _tagged)


def read(name: str) -> dict[str, Any]:
    loaded = yaml.load((DOCKER / name).read_text(encoding="utf-8"), ComposeLoader)
    assert isinstance(loaded, dict)
    return loaded


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return read("compose.yaml")


def pins(name: str) -> dict[str, str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    found = dict(line.split("==") for line in wanted)
    assert len(found) == len(wanted), f"a package stands twice in {name}"
    return found


def test_the_five_services_and_their_images(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == set(SERVICES)
    assert services["qdrant"]["image"] == "qdrant/qdrant:v1.12.3"
    assert services["postgres"]["image"] == "postgres:15"
    assert services["redis"]["image"].split(":")[0] == "redis"
    assert services["api"]["build"]["dockerfile"] == "docker/Dockerfile.gpu"
    assert (DOCKER / services["api"]["build"]["context"]).resolve() == ROOT


def test_networks_are_the_owners(compose: dict[str, Any]) -> None:
    wanted = {
        "mlopsnew": ("172.22.0.0/16", "172.22.0.1"),
        "agent_default": ("172.20.0.0/16", "172.20.0.1"),
    }
    assert set(compose["networks"]) == set(wanted)
    for name, (subnet, gateway) in wanted.items():
        network = compose["networks"][name]
        assert network["name"] == name
        assert network["ipam"]["config"] == [{"subnet": subnet, "gateway": gateway}]
    assert set(compose["services"]["api"]["networks"]) == set(wanted)
    for service in compose["services"].values():
        assert "mlopsnew" in service["networks"]


def test_volumes_keep_their_names(compose: dict[str, Any]) -> None:
    for name in ("qdrant_storage_new", "postgres_data"):
        assert compose["volumes"][name] == {"name": name}
    mounts = {name: compose["services"][name]["volumes"] for name in SERVICES}
    assert mounts["qdrant"] == ["qdrant_storage_new:/qdrant/storage"]
    assert mounts["postgres"] == ["postgres_data:/var/lib/postgresql/data"]
    assert "beseda_home:/var/lib/beseda" in mounts["api"]


def test_existing_networks_and_volumes_are_named_alike(compose: dict[str, Any]) -> None:
    external = read("compose.external.yaml")
    assert set(external["networks"]) == set(compose["networks"])
    for kind in ("networks", "volumes"):
        for name, value in external[kind].items():
            assert value == {"name": compose[kind][name]["name"], "external": True}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_logs_restarts_and_reports_health(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    assert service["logging"] == {
        "driver": "json-file",
        "options": {"max-size": "100m", "max-file": "3"},
    }
    assert service["restart"] == "unless-stopped"
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name != "api":  # its image has the check
        assert service["healthcheck"]["test"][0] == "CMD"


def test_ports_are_open_on_loopback_only(compose: dict[str, Any]) -> None:
    published = [port for s in compose["services"].values() for port in s.get("ports", ())]
    assert set(published) == {
        "127.0.0.1:8000:8000",
        "127.0.0.1:6333:6333",
        "127.0.0.1:6334:6334",
    }


def test_the_proxy_reaches_the_api_alone_and_keeps_its_certificates(
    compose: dict[str, Any],
) -> None:
    proxy = read("compose.proxy.yaml")["services"]["proxy"]
    assert set(proxy["networks"]) <= set(compose["services"]["api"]["networks"])
    assert "mlopsnew" not in proxy["networks"], "what asks for no password is out of its reach"
    assert "caddy_data:/data" in proxy["volumes"]
    assert proxy["logging"] == compose["services"]["api"]["logging"]
    caddyfile = (DOCKER / "Caddyfile").read_text(encoding="utf-8")
    assert "api:8000" in caddyfile and "flush_interval -1" in caddyfile


def test_the_api_waits_for_what_it_cannot_do_without(compose: dict[str, Any]) -> None:
    healthy = {"condition": "service_healthy"}
    assert compose["services"]["api"]["depends_on"] == {"postgres": healthy, "qdrant": healthy}


def test_the_gpu_goes_to_speech_and_language(compose: dict[str, Any]) -> None:
    for name in SERVICES:
        devices = (
            compose["services"][name]
            .get("deploy", {})
            .get("resources", {})
            .get("reservations", {})
            .get("devices", [])
        )
        wanted = [{"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}]
        assert devices == (wanted if name in GPU_SERVICES else [])


def test_vllm_serves_saiga_in_a_cuda_12_image(compose: dict[str, Any]) -> None:
    vllm = compose["services"]["vllm"]
    parts = [item.partition("=") for item in vllm["command"]]
    options = {name: value for name, _, value in parts}
    assert options["--model"] == "NightForger/saiga_nemo_12b-GPTQ"
    asked_for = compose["services"]["api"]["environment"]["BESEDA_LLM_MODEL"]
    assert options["--served-model-name"] == asked_for
    assert options["--max-model-len"] == "8192"
    assert 0.60 <= float(options["--gpu-memory-utilization"]) <= 0.65
    assert "--quantization" not in options, "vLLM picks gptq_marlin by itself"
    assert "--disable-log-requests" in options, "what callers say must not be logged"
    mounted = [volume.split(":") for volume in vllm["volumes"]]
    assert ["./saiga.jinja", options["--chat-template"], "ro"] in mounted
    # v0.9 and later are built on CUDA 12.8 and more, which driver 560 runs only in part.
    version = re.fullmatch(r"\$\{VLLM_IMAGE:-vllm/vllm-openai:v0\.(\d+)\.\S+\}", vllm["image"])
    assert version is not None
    assert int(version[1]) == 8


def test_secrets_come_from_files_outside_the_tree(compose: dict[str, Any]) -> None:
    assert compose["secrets"] == {name: {"file": f"./secrets/{name}"} for name in SECRETS}
    api, postgres = compose["services"]["api"], compose["services"]["postgres"]
    assert set(api["secrets"]) == set(SECRETS)
    assert api["environment"]["BESEDA_API_KEYS_FILE"] == "/run/secrets/beseda_api_keys"
    assert api["environment"]["BESEDA_DATABASE_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    assert postgres["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    assert "/secrets/" in (DOCKER / ".gitignore").read_text(encoding="utf-8").split()


def test_no_secret_stands_in_the_tree() -> None:
    given = re.compile(r"(?im)^[ \t-]*(?:ARG |ENV )?\w*(?:PASSWORD|TOKEN|KEYS?)[ \t]*[:=][ \t]*\S")
    in_url = re.compile(r"://[^\s/:@]+:[^\s/@]+@")
    for path in (p for p in DOCKER.iterdir() if p.is_file()):
        text = path.read_text(encoding="utf-8")
        assert not (found := in_url.search(text)), f"{path.name}: {found}"
        if path.suffix != ".md":
            text = re.sub(r"(?m)^secrets:\n(?:[ \t].*\n?)+", "", text)  # these name the files
            assert not (found := given.search(text)), f"{path.name}: {found}"


@pytest.mark.parametrize("name", DOCKERFILES)
def test_images_are_built_in_stages_and_run_without_root(name: str) -> None:
    text = (DOCKER / name).read_text(encoding="utf-8")
    stages = re.split(r"(?m)^FROM ", text)[1:]
    assert len(stages) == 2
    assert stages[0].splitlines()[0].endswith(" AS build")
    users = re.findall(r"(?m)^USER (\d+)", stages[-1])
    assert users == ["10001"]
    assert "pip" not in stages[-1], "nothing is installed in the final stage"
    assert re.search(r"(?m)^VOLUME /var/lib/beseda$", stages[-1])
    assert "BESEDA_HOME=/var/lib/beseda" in stages[-1]
    assert "/healthz" in stages[-1].partition("HEALTHCHECK")[2]
    assert '["serve"]' in stages[-1]


def test_the_gpu_image_is_cuda_12() -> None:
    text = (DOCKER / "Dockerfile.gpu").read_text(encoding="utf-8")
    assert "-c constraints-gpu.txt" in text
    assert "constraints.txt" not in text.replace("constraints-gpu.txt", "")
    assert 'NVIDIA_REQUIRE_CUDA="cuda>=12.6"' in text
    assert "torch.version.cuda.startswith('12.')" in text


def test_pins_are_one_set_of_versions_but_for_cuda() -> None:
    cpu, gpu = pins("constraints.txt"), pins("constraints-gpu.txt")
    assert cpu["torch"] == "2.13.0"
    assert gpu["torch"] == cpu["torch"] + "+cu126"
    assert gpu["torchaudio"].endswith("+cu126")
    assert "torchaudio" not in cpu, "no torchaudio wheel loads beside a CPU torch"
    differing = {name for name in cpu.keys() & gpu.keys() if cpu[name] != gpu[name]}
    assert differing == {"torch", "cuda-toolkit", "cuda-bindings"}
    assert gpu["cuda-toolkit"].startswith("12.6.")
    assert gpu["cuda-bindings"].startswith("12.")
    nvidia = re.compile(r"nvidia-|cuda-|triton|torch")
    assert {n for n in cpu if not nvidia.match(n)} == {n for n in gpu if not nvidia.match(n)}
    assert all(name.endswith("-cu12") for name in gpu if name.startswith("nvidia-"))


def test_the_build_context_holds_what_the_images_copy() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*", "everything is left out unless it is named"
    named = {line[1:] for line in lines if line.startswith("!")}
    for name in DOCKERFILES:
        for source in re.findall(r"(?m)^COPY (?!--from)(.+) \./$", (DOCKER / name).read_text()):
            assert set(source.split()) <= named
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {package.removesuffix("*") for package in packages} <= named
    assert "docker" not in named


def render(*messages: tuple[str, str]) -> str:
    """The prompt that vLLM would make (its Jinja environment: sandboxed, blocks trimmed)."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((DOCKER / "saiga.jinja").read_text(encoding="utf-8"))
    return template.render(
        messages=[{"role": role, "content": content} for role, content in messages],
        bos_token="<s>",
        eos_token="</s>",
        add_generation_prompt=True,
    )


def test_the_chat_template_is_saigas() -> None:
    prompt = render(("system", "Ты помощник."), ("user", "Привет!"))
    assert prompt == "<s>Ты помощник.\n\n[INST] Привет! [/INST]"
    prompt = render(
        ("system", "С."), ("user", "а"), ("assistant", "б"), ("user", "в"), ("assistant", "г")
    )
    assert prompt == "<s>С.\n\n[INST] а [/INST] б </s>[INST] в [/INST] г </s>"


def test_the_chat_template_merges_neighbours_of_one_role() -> None:
    prompt = render(("user", "а"), ("user", "б"), ("assistant", "в"), ("assistant", "г"))
    assert prompt == "<s>[INST] а\n\nб [/INST] в\n\nг </s>"


def run_compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [shutil.which("docker") or "docker", "compose", *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return subprocess.CompletedProcess(command, 127, "", "no docker")


@pytest.mark.parametrize("overrides", [(), ("compose.cpu.yaml",), ("compose.external.yaml",)])
def test_docker_compose_accepts_the_files(overrides: tuple[str, ...]) -> None:
    if run_compose("version").returncode:
        pytest.skip("Docker's Compose plugin is not installed")
    files = [part for name in ("compose.yaml", *overrides) for part in ("-f", str(DOCKER / name))]
    done = run_compose(*files, "config", "--quiet")
    assert done.returncode == 0, done.stderr
