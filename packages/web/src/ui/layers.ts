/** Bars over a page lie under the navigation, which slides over everything on a phone. */
export const belowNavigation = 50;
