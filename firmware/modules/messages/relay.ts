/** Body of the message `relay`, version 1, which the paper's IP and VRRP send to OSPF (section 5, Figure 10). */
export interface Relay {
  /** Consecutive, so that a message that is lost or comes twice is found out, across a swap too. */
  relay: number;
}
