/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What the two stand-in drivers of ring 2 and the script that runs them agree on. */
#ifndef FW_TEST_STANDIN_H
#define FW_TEST_STANDIN_H

#define STANDIN_TRANSPORT L"\\Driver\\standin_transport"

#define STANDIN_PORT	  8080
#define STANDIN_SENDS	  1000 /* of STANDIN_SENT bytes */
#define STANDIN_SENT	  1000
#define STANDIN_RECEIVES  500 /* which give STANDIN_RECEIVED bytes */
#define STANDIN_RECEIVED  700
#define STANDIN_DATAGRAMS 100 /* of STANDIN_DATAGRAM bytes; a tenth as many come */
#define STANDIN_DATAGRAM  100

/* Together 1010000 bytes sent and 351000 received. */

#endif
