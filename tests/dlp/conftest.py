"""Options of these tests."""


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="every cut of 500 bodies instead of 100")
