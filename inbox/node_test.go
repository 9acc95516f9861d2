package inbox_test

import "parley/outbox"

var followOptions outbox.FollowOptions
