"""The reports over HTTP: published pages, to this machine alone, and nothing that lies beside them."""

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.runs.commands.server import LOOPBACK, reports_server


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A server of a published run; hidden files, links that lead out and the project's own files lie about."""
    version = tmp_path / "reports" / ".nightly.1" / "pages"
    (version / "notebooks").mkdir(parents=True)
    (version / "index.html").write_text("<h1>Report</h1>")
    (version / "out").symlink_to(tmp_path)
    (tmp_path / "reports" / ".nightly").symlink_to(".nightly.1")
    (tmp_path / "reports" / "nightly").symlink_to(".nightly/pages")
    (tmp_path / "secret.csv").write_text("secret")
    server = reports_server(tmp_path, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def asked(port: int, path: str, *, method: str = "GET", host: str = "") -> tuple[int, str, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection(LOOPBACK, port)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or f"localhost:{port}")
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers


@pytest.mark.parametrize("path", ["/nightly/", "/nightly/index.html", "/nightly/index.html?x=1"])
def test_a_published_page_is_served_and_may_load_and_send_nothing(port: int, path: str) -> None:
    status, text, headers = asked(port, path)
    assert (status, text) == (200, "<h1>Report</h1>")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.csv", "/%2e%2e/secret.csv", "/nightly/../../secret.csv", "/..%2fsecret.csv", "//secret.csv",
        "/nightly/out/secret.csv", "/.nightly/pages/index.html", "/.nightly.1/pages/index.html", "/nightly/notebooks/",
        "/", "/nothing", "/nightly/%00",
    ],
)  # fmt: skip
def test_nothing_outside_the_reports_and_no_list_of_a_folder_is_served(port: int, path: str) -> None:
    status, text, _ = asked(port, path)
    assert (status, "secret" in text.lower().replace(path, ""), "Report" in text) == (404, False, False)


def test_another_name_for_this_machine_and_other_methods_are_refused(port: int) -> None:
    assert asked(port, "/nightly/", host="attacker.example")[0] == 403
    assert asked(port, "/nightly/", method="POST")[0] == 501
