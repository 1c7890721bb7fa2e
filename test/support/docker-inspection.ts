import type { ContainerInspectInfo } from 'dockerode';

/** What Docker tells of a shop that Compose 1.29 made, as far as anything here reads it. */
export function inspectionOf({ labels }: { labels: Record<string, string> }): ContainerInspectInfo {
  const project = labels['com.docker.compose.project'];
  const endpoint = (host: string) => ({
    IPAddress: host,
    MacAddress: '02:42:ac:12:00:03',
    Aliases: ['shop', '4f5e6d7c8b9a'],
    NetworkID: 'n1',
    EndpointID: 'e1',
  });
  const info = {
    Id: '4f5e6d7c8b9a'.padEnd(64, '0'),
    Name: `/${project}_shop_2`,
    Created: '2026-01-02T03:04:05.000000006Z',
    Image: 'sha256:a4ba1c3a39b7',
    State: {
      Status: 'running',
      Running: true,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      ExitCode: 0,
      Error: '',
      StartedAt: '2026-01-02T03:04:06.123456789Z',
    },
    Config: {
      Hostname: '4f5e6d7c8b9a',
      Domainname: 'local',
      MacAddress: '02:42:ac:12:00:03',
      User: 'node',
      Env: ['PORT=8080', 'REPLICA_ID=auto'],
      Cmd: ['node', 'dist/apps/cart/main.js'],
      Image: 'cartwreck',
      Labels: labels,
      StopSignal: 'SIGTERM',
    },
    HostConfig: {
      Binds: [`${project}_boots:/boots:rw`],
      NetworkMode: `${project}_mesh`,
      RestartPolicy: { Name: 'unless-stopped', MaximumRetryCount: 0 },
      PortBindings: { '8080/tcp': [{ HostPort: '18080' }] },
      CapDrop: ['ALL'],
      ReadonlyRootfs: true,
      Memory: 134217728,
      Privileged: false,
    },
    NetworkSettings: {
      Networks: {
        [`${project}_mesh`]: endpoint('172.18.0.3'),
        [`${project}_store`]: endpoint('172.19.0.3'),
      },
    },
  };
  return info as unknown as ContainerInspectInfo;
}
