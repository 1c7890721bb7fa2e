/** The plain cases: literal histories and the verdict each must get. Notation: test/support/history.ts. */
import { testHistories } from './support/history.ts';

testHistories(`
01 the happy path
  add A = A; add B = A B; set A 3 = A*3 B; remove B = A*3; read = A*3; checkout #k = - c2/k; read = -
    =>  ....... 0/1
02 an add times out and is never seen
  add A = A; add B ?; read = A; read = A  =>  ... 0/1
03 an add times out, is seen, then vanishes
  add A = A; add B ?; read = A B; read = A  =>  ..stale-read! 1/1
04 a timed-out add lands after two clean reads
  add A = A; add B ?; read = A; read = A; read = A B; read = A B  =>  ..... 0/1
05 an acknowledged line is missing, and the mix was never seen before
  add A = A; add B = A B; add C = A B C; read = A C  =>  ...lost-update! 1/1
06 the same loss seen on five reads is one broken cart and one event
  add A = A; add B = A B; read = B; read = B; read = B; read = B; read = B  =>  ..lost-update!.... 1/1
07 a timeout, then a retry of the same key is acknowledged, line once
  add A ?; add A = A; read = A  =>  .. 0/1
08 a timeout, then a retry is acknowledged, line twice
  add A ?; add A = A A; read = A A  =>  duplicate!. 1/1
10 an add is retried and removed, then the late first attempt brings it back
  add A = A; add B ?; add B = A B; remove B = A; read = A; read = A B  =>  ....resurrected! 1/1
11 a removed line is still there on the next read
  add A = A; add B = A B; remove B = A; read = A B  =>  ...stale-read! 1/1
15 a checkout times out, an empty cart is read, then the purchased lines return
  add A = A; add B = A B; checkout #k ?; read = - c2/k; read = A B c1  =>  ...stale-read! 1/1
17 a checkout times out: full, full, later empty
  add A = A; checkout #k ?; read = A; read = A; read = - c2/k  =>  .... 0/1
19 an acknowledged line comes back after an acknowledged checkout, beside a new line
  add A = A; checkout #k = - c2/k; add B = B; read = B A  =>  ...resurrected! 1/2
20 signed in, then anonymous and empty
  login ann = @ann; read = @ann; read = - c0  =>  ..lost-session! 1/1
21 an anonymous empty cart gets a new cart id
  add A = A; remove A = -; read = - c2  =>  ... 0/1
22 a logout times out, then signed out and empty
  login ann = @ann; read = @ann; logout #k ?; read = - c0/k  =>  ... 0/1
24 all own lines are there, and a stranger's line
  s2: add X ?; add A = A; read = A X  =>  .leak! 1/1
28 an add is refused, yet its line shows
  add A = A; add B x; read = A B  =>  .phantom! 1/1
29 an add answers 200 but the body is cut off: no acknowledgement
  add A = A; add B ?; read = A  =>  .. 0/1
30 two tabs: a read began before the other tab's acknowledgement
  add A = A; r< read; add B = A B; r> = A; read = A B  =>  .... 0/1
31 two tabs: both adds are acknowledged, one is gone afterwards
  a< add A; b< add B; a> = A; b> = A B; read = B  =>  ..lost-update! 1/1
32 the acknowledgement of an add reveals the loss
  add A = A; add B = B c2; read = B  =>  .lost-session!. 1/2
33 a cart breaks, the shopper goes on, the new cart breaks too
  add A = A; read = - c0; add B = B c2; read = - c0  =>  .lost-session!.lost-session! 2/2
35 the jar had to drop a session cookie; the next read lacks the line
  add A = A; add B = A B drop; read = A  =>  ..cookie-overflow! 1/1
36 reads fail: availability only
  add A = A; read ?; read ?; read x; read = A  =>  .. 0/1
39 the only line has an unknown remove outstanding and the cart is new: cannot be told
  add A = A; remove A ?; read = - c2  =>  .. 0/1 undecided 1
40 an unknown checkout with its certificate: decided
  add A = A; checkout #k ?; read = - c2/k  =>  .. 0/1
42 idle for longer than the session lives: expired
  add A = A; wait 60000; read = - c0  =>  .expired 0/1
43 the remove of one line silently takes two
  add A = A; add B = A B; add C = A B C; remove C = A  =>  ...lost-update! 1/1
45 a checkout answered 503 did apply, then its retry is acknowledged
  add A = A; checkout #k ?; checkout #k = - c2/k; read = -  =>  ... 0/1
`);
