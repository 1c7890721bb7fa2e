/** What came of one HTTP request, before anybody judges it. */
export type Exchange =
  /** A complete response: head, every byte of the body, and the end. */
  | {
      type: 'answer';
      status: number;
      neverSent: boolean;
      body: string;
      droppedCookie: boolean;
      /** how long the shop says it keeps an idle connection; null = it does not say */
      keepAliveMs: number | null;
      latencyMs: number;
    }
  /** No complete response. `sent` = at least one byte of the request may have left this machine. */
  | { type: 'lost'; reason: string; sent: boolean; latencyMs: number };
