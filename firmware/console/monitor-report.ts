/** The sightings of one of the lab's monitors so far (paper, section 5): plain data, sent by the monitor's process. */
export interface MonitorReport {
  protocol: string;
  /** The namespace that the monitor listens in. */
  namespace: string;
  sources: MonitorSource[];
}

export interface MonitorSource {
  /** Address of the sender. */
  from: string;
  packets: number;
  /** Intervals between two packets that were longer than the protocol's own interval allows. */
  gaps: number;
  /** The longest interval between two packets, in ms. */
  longest: number;
  /** The last packet, in words. */
  last: string;
}
