import { type EndpointInput, nodes } from '@longshore/protocol';
import { useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { notifyError } from '../../ui/notify.tsx';

/** One change of a node that is made on the spot, without a form. */
export function useNodeChange(
  id: string,
): (
  body: Pick<EndpointInput<typeof nodes.updateNode>['body'], 'enabled' | 'draining' | 'quarantined'>,
) => void {
  const client = useQueryClient();
  return (body) => {
    call(nodes.updateNode, { params: { id }, body })
      .catch(notifyError)
      .finally(() => void client.invalidateQueries({ queryKey: ['nodes'] }));
  };
}
