#include "grant.h"

#include <stdlib.h>

void bf_pam_grant_release(struct bf_pam_grant *grant)
{
	free(grant->name);
	bf_secret_release(&grant->token);
	*grant = (struct bf_pam_grant)BF_PAM_GRANT_INIT;
}
