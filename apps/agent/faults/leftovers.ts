import { FAULTS, type FaultView } from '../contract.ts';
import { targetText } from './aim.ts';
import { Fault, type FaultParts } from './fault.ts';
import type { FaultRecord } from './records.ts';

interface LeftParts extends FaultParts {
  /** ms since the run began */
  now(): number;
}

/** The faults that earlier agents have noted and left, newest first, without those that are `known`. Damaged notes are told. */
export function leftFaults(parts: LeftParts, known: ReadonlySet<string>): Fault[] {
  const { records, damaged } = parts.records.open();
  for (const one of damaged) parts.onEvent({ type: 'record.damaged', ...one });
  return records.filter(({ id }) => !known.has(id)).map((record) => leftFault(record, parts));
}

function leftFault(record: FaultRecord, parts: LeftParts): Fault {
  const { before, injectedAt: _wallClock, ...noted } = record;
  const target = targetText(FAULTS[noted.fault].role, noted.targets);
  const view: FaultView = { ...noted, target, injectedAt: parts.now(), state: 'active' };
  return new Fault(view, parts, before);
}
