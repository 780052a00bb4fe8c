import { nodeTestRoute, TestStep, type UnsavedNode, unsavedNodeTestRoute } from '@longshore/protocol';
import { useEffect, useRef, useState } from 'react';
import type { ApiError } from '../../api/api-error.ts';
import { toApiError } from '../../api/api-error.ts';
import { open } from '../../api/call.ts';
import { readLines } from '../../api/read-lines.ts';

export type NodeTest = {
  steps: readonly TestStep[];
  isRunning: boolean;
  error: ApiError | null;
  run: () => void;
};

export type UnsavedNodeInput = Pick<UnsavedNode, 'url' | 'capabilities'>;

/** The communication test of a node, by name or before it is saved, step by step as they come. */
export function useNodeTest(node: string | UnsavedNodeInput): NodeTest {
  const [steps, setSteps] = useState<readonly TestStep[]>([]);
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const follow = async (signal: AbortSignal): Promise<void> => {
    const response =
      typeof node === 'string'
        ? await open(nodeTestRoute.replace('{id}', encodeURIComponent(node)), { method: 'POST', signal })
        : await open(unsavedNodeTestRoute, { method: 'POST', body: JSON.stringify(node), signal });
    for await (const step of readLines(response, TestStep)) {
      if (signal.aborted) return;
      setSteps((before) => [...before, step]);
    }
  };
  const run = (): void => {
    abort.current?.abort();
    const controller = new AbortController();
    abort.current = controller;
    setSteps([]);
    setError(null);
    setRunning(true);
    follow(controller.signal)
      .catch((thrown: unknown) => {
        if (!controller.signal.aborted) setError(toApiError(thrown));
      })
      .finally(() => {
        if (!controller.signal.aborted) setRunning(false);
      });
  };
  return { steps, isRunning, error, run };
}
