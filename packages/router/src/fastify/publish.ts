// Publishes an application's routes to its slot: an image of each method, and the plans of constant routes.
import { planOf } from '../constant/plan.ts';
import { encodeTree } from '../image/encode.ts';
import type { Router } from '../find-my-way/router.ts';
import { semanticsFault } from '../find-my-way/semantics.ts';
import type { PublishedMethod, PublishedPlan, Slot } from '../native/slot.ts';

/** Lets native code see the routes that a router has now, or none where it could not decide as the router does: it then
 * defers everything. Cost: O(nodes).
 * @throws CATZ_ROUTER_BAD_IMAGE */
export function publishRoutes(slot: Slot, router: Router): void {
  if (semanticsFault(router) !== undefined || mayRefusePlainRoutes(router)) {
    slot.publish([], []);
    return;
  }
  const methods: PublishedMethod[] = [];
  const plans: PublishedPlan[] = [];
  let first = 0;
  for (const [method, tree] of Object.entries(router.trees)) {
    const { image, leaves } = encodeTree(router, tree);
    methods.push({ method, image });
    leaves.forEach(({ store }, i) => {
      const plan = planOf(store as { config?: unknown } | null);
      if (plan.kind !== 'constant') return;
      // One whose representation depends on the request is JavaScript's to choose.
      const [variant, another] = plan.variants;
      if (variant === undefined || another !== undefined) return;
      const { status, head, body, etag = '' } = variant;
      plans.push({ route: first + i, status, head, body, etag: Buffer.from(etag, 'latin1') });
    });
    first += leaves.length;
  }
  slot.publish(methods, plans);
}

// A request that has such a value, a version for example, takes no route without one; native code does not see the value.
function mayRefusePlainRoutes({ constrainer }: Router): boolean {
  return Object.values(constrainer.strategies).some(
    ({ name, mustMatchWhenDerived }) =>
      Boolean(mustMatchWhenDerived) && constrainer.hasConstraintStrategy(name),
  );
}
