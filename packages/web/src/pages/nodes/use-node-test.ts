import { nodeTestRoute, TestStep } from '@longshore/protocol';
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

/** The communication test of a node, step by step as they come. */
export function useNodeTest(nodeName: string): NodeTest {
  const [steps, setSteps] = useState<readonly TestStep[]>([]);
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const abort = useRef<AbortController>(undefined);
  useEffect(() => () => abort.current?.abort(), []);

  const follow = async (signal: AbortSignal): Promise<void> => {
    const path = nodeTestRoute.replace('{id}', encodeURIComponent(nodeName));
    const response = await open(path, { method: 'POST', signal });
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
