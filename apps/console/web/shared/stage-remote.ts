/**
 * Orders from the control page to the stage on the projector, which is mostly a second window of the same browser. They
 * change what is shown and nothing of the cluster, so they do not travel over the network.
 */
export type StageOrder =
  | { type: 'blank'; on: boolean }
  | { type: 'pause'; on: boolean }
  /** what the instructor just pressed: "Kill shop-2" */
  | { type: 'toast'; text: string };

const CHANNEL = 'cartwreck.stage';

export function orderStage(order: StageOrder): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(order);
  channel.close();
}

/** For the stage; returns how to stop. */
export function onStageOrder(take: (order: StageOrder) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<StageOrder>) => take(data);
  return () => channel.close();
}
