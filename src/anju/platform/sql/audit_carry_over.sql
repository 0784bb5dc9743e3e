-- Looks at accounts that were recorded before the audit log existed, in their order.
INSERT INTO platform_auditentry (happened_at, actor, action, object_kind, object_reference, detail)
SELECT v.viewed_at, u.username, 'member.view', 'member', v.subject, jsonb_build_object('page', v.page)
  FROM platform_sensitiveview v JOIN platform_user u ON u.id = v.viewer_id
 ORDER BY v.viewed_at, v.id
