import { useEffect, useState } from "preact/hooks";
import { connect } from "../client.ts";
import type { Contract, FaultMessage, Remote } from "../worker/protocol.ts";

/**
 * The session of a page, for as long as the page is shown.
 * @param page its name in `worker/sessions.ts`
 * @param onEvent takes the session's events: the function of the first render
 * @param onFault takes errors that no call waits for
 * @returns its methods
 */
export function useSession<C extends Contract>(
  page: string,
  onEvent: (event: C["event"]) => void,
  onFault: (fault: FaultMessage) => void,
): Remote<C["methods"]> {
  const [connection] = useState(() => connect<C>(page, onEvent, onFault));
  useEffect(() => () => void connection.close().catch(() => {}), []);
  return connection.call;
}
