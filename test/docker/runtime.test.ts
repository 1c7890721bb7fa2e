import { SKIP_DOCKER } from '../support/docker-project.ts';
import { makeDockerRuntime } from '../support/docker-runtime.ts';
import { runtimeContract } from '../support/runtime-contract.ts';

runtimeContract({
  name: 'small programs in containers',
  make: makeDockerRuntime,
  canBeDeaf: true,
  countsItself: true,
  mayMove: true,
  skip: SKIP_DOCKER,
});
