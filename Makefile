# demo, test, test-all, lint, bench, pi-userland: each makes .venv where it is missing; a second call is quick.
# dist, check-wheels, update-wheel-list need any Python 3.10 to 3.13 and make small environments of their own.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/stamp
PYTEST := $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder
PYTEST_OPTIONS ?=

.PHONY: demo test test-all lint bench pi-userland dist check-wheels update-wheel-list clean

demo: $(STAMP)
	$(BIN)/python tools/demo.py

test: $(STAMP)
	$(PYTEST) -m 'not slow' $(PYTEST_OPTIONS)

test-all: $(STAMP)
	$(PYTEST) $(PYTEST_OPTIONS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python -m benchmarks.studies.bare_loop --at-most 1.05 --out build/bare_loop.json
	$(BIN)/python -m benchmarks.studies.bare_loop --at-most 1.10 --out build/bare_loop_float.json \
		--model ../shared/data/tflite/mobilenet_v1_0.25_224_float_metadata.tflite
	$(BIN)/python -m benchmarks.studies.cold_start --at-most-ms 450 --at-most-mb 65 \
		--python "$$($(BIN)/python tools/make_env.py lean)" --out build/cold_start.json
	$(BIN)/python -m benchmarks.studies.conversion --at-most-s 90 --at-most-mb 3000 --out build/conversion.json
	$(BIN)/python -m benchmarks.studies.throughput --two-at-least 1.8 --ahead-at-least 0.95 --out build/throughput.json
	$(BIN)/python -m benchmarks.studies.live_age --seconds 60 --at-most-ms 150 --out build/live_age.json

pi-userland: $(STAMP) demo-output/model.tflite
	$(BIN)/python -m tools.pi_userland demo-output/model.tflite demo-output/model-float32.tflite

dist:
	$(PYTHON) -m tools.release

check-wheels:
	$(PYTHON) -m tools.check_wheels

update-wheel-list:
	$(PYTHON) -m tools.release.contents

demo-output/model.tflite:
	$(MAKE) demo

$(STAMP): pyproject.toml device/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "edge-deploy-kit needs Python 3.10 to 3.13; call: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@echo "installing TensorFlow and the rest into $(VENV): about 3 GB, some minutes"
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .venv-* build dist demo-output
