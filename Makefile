# Every target is a script in deploy/scripts; this file only names them.
export PATH := $(PATH):/opt/swift/usr/bin:$(HOME)/.local/share/swiftly/bin
.PHONY: run demo test compose-test swarm-test chaos sanitize bench scale fuzz admin generate format check clean

run:      ## install, build and serve at http://127.0.0.1:8080; Ctrl-C stops all
	@exec setpriv --pdeathsig TERM deploy/scripts/run
demo:     ## a history of 30 users and 90 days for the running system
	@deploy/scripts/demo
test:     ## every test: unit, integration, end to end
	@deploy/scripts/install test && exec setpriv --pdeathsig TERM deploy/scripts/test
chaos:    ## 3 minutes of SIGKILL, SIGSTOP and FLUSHALL under load; FOCAL_CHAOS="--seconds 600 --seed 7"
	@deploy/scripts/install test && exec setpriv --pdeathsig TERM deploy/scripts/chaos $(FOCAL_CHAOS)
sanitize: ## the Swift tests under the address sanitizer
	@exec setpriv --pdeathsig TERM deploy/scripts/sanitize
compose-test: ## the compose files on the Docker engine of DOCKER_HOST: kills, replicas, rolling restarts, TLS
	@deploy/scripts/install test && exec setpriv --pdeathsig TERM deploy/scripts/compose-test
swarm-test: ## the same files as a Swarm stack, on that engine
	@deploy/scripts/install test && exec setpriv --pdeathsig TERM deploy/scripts/compose-test Tests/Compose/test_swarm.py
bench:    ## Focal beside its peers, into Tests/Benchmarks/RESULTS.md
	@exec setpriv --pdeathsig TERM deploy/scripts/bench
scale:    ## a million sessions: answers within 20 ms, no plan that reads a table from end to end
	@exec setpriv --pdeathsig TERM deploy/scripts/scale
fuzz:     ## hostile bytes against every parser, a million of each
	@exec setpriv --pdeathsig TERM deploy/scripts/fuzz
admin:    ## make admin EMAIL=somebody@example.com: an admin of a registered user
	@deploy/scripts/admin "$(EMAIL)"
generate: ## protos to Shared/Contracts
	@deploy/scripts/install test && deploy/scripts/generate
format:   ## rewrite the Swift sources in the project's style
	@deploy/scripts/format
check:    ## style, imports, sizes, freshness of generated code: quick, no build
	@deploy/scripts/check
clean:    ## forget builds, the private stores and their secrets
	@deploy/scripts/clean
