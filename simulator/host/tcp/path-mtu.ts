const HEADERS = 40;
const SMALLEST_SEGMENT = 28;

/** RFC 1191 section 7.1: the sizes that real links have, below Ethernet's own. */
const PLATEAUS = [1492, 1006, 508, 296, 68];

/** The segment size to try after one of `segment` bytes was too big for a link that did not say what it carries. */
export function nextSmallerSegment(segment: number): number {
  const plateau = PLATEAUS.find((mtu) => mtu - HEADERS < segment);
  return plateau === undefined ? SMALLEST_SEGMENT : plateau - HEADERS;
}
