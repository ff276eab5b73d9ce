.PHONY: test

.venv/.stamp: tests/requirements.txt
	python3 -m venv .venv
	.venv/bin/pip install -q --require-hashes -r tests/requirements.txt
	touch .venv/.stamp

test: .venv/.stamp
	.venv/bin/python -m pytest -q tests
