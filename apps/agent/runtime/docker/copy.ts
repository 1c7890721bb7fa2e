import type { ContainerCreateOptions, ContainerInspectInfo } from 'dockerode';
import { LABEL } from './guard.ts';

/** How one more shop is created, and the networks it then joins: engines before API 1.44 take one at the creation. */
export interface Copy {
  create: ContainerCreateOptions & { name: string };
  join: { network: string; aliases: string[] }[];
}

/**
 * One more like this one, as `docker compose up --scale` would make it: same image, settings, limits and labels, another
 * number. Nothing in it comes from whoever asked, and what tells one container from another is left out.
 */
export function copyOf(original: ContainerInspectInfo, number: number): Copy {
  const { Config, HostConfig, Image, NetworkSettings } = original;
  const labels = Config.Labels;
  const service = labels[LABEL.service] ?? '';
  const name = nameOf(original, number);
  const aliases = [name, service];
  // A name or an address of the original would be in use twice; a published port is taken already.
  const { Hostname, Domainname, MacAddress, ...config } = Config as typeof Config & { MacAddress?: string };
  const { PortBindings, ...host } = HostConfig;
  const networks = Object.keys(NetworkSettings.Networks);
  const first = networks.includes(HostConfig.NetworkMode ?? '') ? HostConfig.NetworkMode : networks[0];
  return {
    create: {
      ...config,
      name,
      // The image itself: its tag may be another one by now.
      Image,
      // The old number's copies count as compose's own: `up` counts them, `down` removes them.
      Labels: { ...labels, [LABEL.number]: String(number), [LABEL.copyOf]: original.Id },
      HostConfig: host,
      NetworkingConfig: { EndpointsConfig: first === undefined ? {} : { [first]: { Aliases: aliases } } },
    },
    join: networks.filter((network) => network !== first).map((network) => ({ network, aliases })),
  };
}

/** `project-shop-2` or, with Compose 1 and its compatibility mode, `project_shop_2`. */
function nameOf({ Name, Config }: ContainerInspectInfo, number: number): string {
  const project = Config.Labels[LABEL.project] ?? '';
  const service = Config.Labels[LABEL.service] ?? '';
  const separator = Name.includes(`${project}_${service}_`) ? '_' : '-';
  return [project, service, number].join(separator);
}
