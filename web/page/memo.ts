import { type Component, createElement, type FunctionComponent, type VNode } from "preact";

/**
 * A view that is drawn anew only where one of its properties is another one than before. To keep what a view draws by
 * `useMemo` would do that, too, but what is kept knows its parents: it keeps the whole page as that was when it was drawn.
 */
export function memo<Props extends object>(View: (props: Props) => VNode | null): FunctionComponent<Props> {
  function Memo(this: Component<Props>, props: Props): VNode<Props> {
    this.shouldComponentUpdate = (next) => differ(this.props, next);
    return createElement(View, props);
  }
  return Memo;
}

function differ<Props extends object>(before: Props, after: Props): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Props>;
  return [...names].some((name) => before[name] !== after[name]);
}
