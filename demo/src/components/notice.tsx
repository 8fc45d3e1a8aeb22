import type { ComponentChildren } from "preact";
import { lost } from "../client.ts";
import type { FaultMessage } from "../worker/protocol.ts";
import { Said } from "./said.tsx";

export interface NoticeProps {
  readonly tone: "info" | "warning" | "error";
  readonly title: string;
  readonly children?: ComponentChildren;
  /** What is not read out with it. */
  readonly details?: ComponentChildren;
  /** A button that mends it. */
  readonly action?: ComponentChildren;
}

/** Something that the user should know; an error is read out at once. */
export function Notice({ tone, title, children, details, action }: NoticeProps) {
  return (
    <section class={`notice ${tone}`}>
      <div>
        <div role={tone === "error" ? "alert" : "status"}>
          <strong>{title}</strong>
          {children}
        </div>
        {details}
      </div>
      {action}
    </section>
  );
}

/** An error in the words that it came with, folded. @param who said so; the library if left out */
export function WhatItSaid({ fault, who = "library" }: { fault: FaultMessage; who?: "library" | "browser" }) {
  return (
    <details>
      <summary>What the {who} said</summary>
      <Fault fault={fault} />
    </details>
  );
}

/** Letters of an error that is not the library's, whose own are brief. */
const MOST_LETTERS = 1000;

/** An error of the library in its four parts: where, got, expected, remedy. */
export function Fault({ fault }: { fault: FaultMessage }) {
  const { parts } = fault;
  if (!parts)
    return (
      <p>
        <Said text={fault.message} most={MOST_LETTERS} />
      </p>
    );
  return (
    <dl class="fault">
      <dt>Where</dt>
      <dd>
        <Said text={parts.where} />
      </dd>
      <dt>Got</dt>
      <dd>
        <Said text={parts.got} />
      </dd>
      <dt>Expected</dt>
      <dd>
        <Said text={parts.expected} />
      </dd>
      <dt>What helps</dt>
      <dd>
        <Said text={parts.remedy} />
      </dd>
    </dl>
  );
}

export interface FailureProps {
  readonly fault: FaultMessage | undefined;
  readonly title?: string;
  /** A button that mends it. */
  readonly action?: ComponentChildren;
}

/** What failed, if anything did. Where the GPU or the worker is lost the site says so, and everything fails. */
export function Failure({ fault, title = "That did not work", action }: FailureProps) {
  if (!fault || lost.value) return null;
  return (
    <Notice tone="error" title={title} action={action}>
      <Fault fault={fault} />
    </Notice>
  );
}
