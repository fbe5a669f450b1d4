"""What the address and the environment say about a broker."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.errors import SinkError
from edge_runtime.sinks.mqtt.settings import MqttSettings, read_settings


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("mqtt://broker/bin", ("broker", 1883, "bin", False, None)),
        ("mqtts://broker/home/bin", ("broker", 8883, "home/bin", True, None)),
        ("mqtt://[::1]:1884/bin?discovery", ("::1", 1884, "bin", False, "homeassistant")),
        ("mqtt://broker/bin?picture", ("broker", 1883, "bin", False, None)),
        ("mqtt://10.0.0.1/a%20b?discovery=ha&picture", ("10.0.0.1", 1883, "a b", False, "ha")),
    ],
)
def test_addresses_are_read(address: str, expected: tuple[object, ...]) -> None:
    found = read_settings(address, {})
    assert (found.host, found.port, found.topic, found.secure, found.discovery) == expected
    assert found.picture == ("picture" in address)


@pytest.mark.parametrize(
    "address",
    ["mqtt:", "mqtt://broker", "mqtt://broker/", "mqtt:///bin", "mqtt://broker/a/#", "mqtt://broker/+/b",
     "mqtt://broker:99999/bin", "mqtt://[::1/bin", "mqtt://broker/bin?qos=2", "mqtt://broker/bin?discovery=%23",
     "mqtt://broker/bin?picture=1"],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(SinkError, match="mqtt"):
        read_settings(address, {})


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_one_clear_error(text: str) -> None:
    try:
        assert isinstance(read_settings(f"mqtt:{text}", {}), MqttSettings)
    except SinkError:
        return


def test_a_password_on_the_command_line_is_refused_without_showing_it() -> None:
    with pytest.raises(SinkError, match="EDGE_MQTT_PASSWORD") as caught:
        read_settings("mqtt://pi:s3cret@broker/bin", {})
    assert "s3cret" not in str(caught.value)


def test_the_environment_brings_user_password_and_certificates(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file\n")
    said = {"EDGE_MQTT_USER": "pi", "EDGE_MQTT_PASSWORD": "direct", "EDGE_MQTT_CA_FILE": "ca.pem"}
    found = read_settings("mqtts://broker/bin", said)
    assert (found.user, found.password, found.ca_file) == ("pi", "direct", Path("ca.pem"))
    assert "direct" not in repr(found)
    found = read_settings("mqtt://broker/bin", said | {"EDGE_MQTT_PASSWORD_FILE": str(tmp_path / "password")})
    assert found.password == "from a file"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"EDGE_MQTT_PASSWORD": "s3cret"}, "set EDGE_MQTT_USER"),
        ({"EDGE_MQTT_PASSWORD_FILE": "/nowhere/password"}, "/nowhere/password: cannot read the password"),
    ],
)
def test_half_a_login_is_refused(said: dict[str, str], message: str) -> None:
    with pytest.raises(SinkError, match=message):
        read_settings("mqtt://broker/bin", said)
