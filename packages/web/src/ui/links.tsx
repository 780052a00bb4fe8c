import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  type ElementProps,
  Menu,
  type MenuItemProps,
  NavLink,
  type NavLinkProps,
} from '@mantine/core';
import { createLink } from '@tanstack/react-router';

type AsAnchor<Props> = Props & ElementProps<'a', (keyof Props & string) | 'color'>;

/** Mantine's controls as links of the router. */
export const LinkAnchor = createLink((props: AsAnchor<AnchorProps>) => <Anchor {...props} />);
export const LinkButton = createLink((props: AsAnchor<ButtonProps>) => <Button component="a" {...props} />);
export const LinkItem = createLink((props: AsAnchor<MenuItemProps>) => (
  <Menu.Item component="a" {...props} />
));
export const RouteLink = createLink((props: AsAnchor<NavLinkProps>) => <NavLink component="a" {...props} />);
