package auth

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSecrets(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	assert.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`), a)
	assert.NotEqual(t, a, b)
	assert.Len(t, Hash(a), 64)
	assert.NotContains(t, Hash(a), a)
	assert.Equal(t, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", Hash("hello"))
	assert.True(t, Same(a, a))
	assert.False(t, Same(a, b))
	assert.False(t, Same(a, a[:42]))
	assert.False(t, Same("", ""), "a secret that was never set")
}
