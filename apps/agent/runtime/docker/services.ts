import type { Role } from '../../contract.ts';
import type { Service } from './guard.ts';
import type { Probe } from './probe.ts';

/** One service of the compose file, as the agent reaches it. */
export interface ServiceSpec {
  role: Role;
  /** the network of the compose file in which the agent meets it: "mesh" is `<project>_mesh` */
  network: string;
  port: number;
  /** how it is asked whether it is ready, and which life it is in: httpProbe('/readyz'), pingProbe */
  probe: Probe;
}

/** `shop` has a member shop-N for container number N; each other service is one member, called like the service. */
export type Services = Partial<Record<Service, ServiceSpec>>;
