import { makeProcessRuntime } from './support/process-runtime.ts';
import { builtReplica } from './support/replica.ts';
import { runtimeContract } from './support/runtime-contract.ts';

runtimeContract({
  name: 'small programs as processes',
  make: async (t) => makeProcessRuntime(t),
  canBeDeaf: true,
});

runtimeContract({
  name: 'real replicas as processes',
  make: async (t) => makeProcessRuntime(t, builtReplica),
  canBeDeaf: false,
});
